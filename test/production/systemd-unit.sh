#!/bin/bash
# systemd-unit.sh: the agent's unit under a real systemd. A system container joins a fleet as a host as README's "Production" says;
# a server runs there while the agent is restarted, killed and stopped; when the host boots the agent starts by itself.
# Needs what `./lxstack demo` needs, and nested LXC. Removes what it made, but for the base system in DIRECTORY
# (LXSTACK_PRODUCTION_DIR) and a fleet that ran before (LXSTACK_DEPLOYMENT).
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
base=${LXSTACK_PRODUCTION_DIR:-/var/lib/lxstack/setup/production}
state=${LXSTACK_STATE:-/var/lib/lxstack}
fleet=${LXSTACK_DEPLOYMENT:-lxsysd}
host=node1 address=10.213.0.200
space=lx-$fleet-$host work=$state/$fleet-$host
hierarchy=/sys/fs/cgroup
[ -e $hierarchy/cgroup.controllers ] || hierarchy=/sys/fs/cgroup/unified
cgroup=$hierarchy/lxstack-$fleet-$host
say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }
fail() { say "FAILED: $*"; exit 1; }
until_true() { # until_true WHAT COMMAND…
  local what=$1
  shift
  for _ in $(seq 600); do ! "$@" >/dev/null 2>&1 || return 0; sleep 1; done
  fail "$what"
}

# Also what a run that was killed has left.
clear() {
  [ ! -e "$work/pid" ] || [ ! -d "$cgroup" ] || kill -9 $(find "$cgroup" -name cgroup.procs -exec cat {} +) 2>/dev/null || true
  for _ in $(seq 100); do ! grep -q . <(find "$cgroup" -name cgroup.procs -exec cat {} + 2>/dev/null) || sleep 0.1; done
  [ ! -d "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} +
  ip netns del "$space" 2>/dev/null || true
  rm -rf "$work"
}
finish() {
  status=$?
  [ $status = 0 ] || inside journalctl -b -n 40 --no-pager || true
  clear
  [ -n "${ran:-}" ] || "$here/lxstack" -d "$fleet" down --purge >/dev/null
  exit $status
}
inside() { nsenter -t "$(cat "$work/pid")" -a -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
unit() { inside systemctl show lxstack-agent -P "$1"; }

clear
[ ! -e "$state/$fleet" ] || ran=1
trap finish EXIT
"$here/lxstack" -d "$fleet" up --hosts 2 >/dev/null
say "fleet $fleet is up"

lower=$base/systemd
if [ ! -e "$lower" ]; then
  rm -rf "$lower.part"
  cp -a "$(ls -d "$state"/cache/host-root-* | grep -v '\.' | head -1)" "$lower.part"
  chroot "$lower.part" sh -ec 'export DEBIAN_FRONTEND=noninteractive
    apt-get -o Acquire::Check-Valid-Until=false update; apt-get install -y --no-install-recommends systemd-sysv dbus; apt-get clean' \
    >"$lower.log" 2>&1
  mv "$lower.part" "$lower"
fi
mkdir -p "$work"/upper/etc/{systemd/system,default} "$work/state"
# Else Debian's lxc.service waits half a minute for its bridge.
echo 'USE_LXC_BRIDGE="false"' >"$work/upper/etc/default/lxc-net"
echo $host >"$work/upper/etc/hostname"
# Its settings would be those of this machine.
ln -s /dev/null "$work/upper/etc/systemd/system/systemd-sysctl.service"

ip netns add "$space"
ip -n "lx-$fleet-sw" link add p-$host mtu 9000 type veth peer name up0 mtu 9000 netns "$space"
ip -n "lx-$fleet-sw" link set p-$host master br0 up
ip -n "$space" addr add $address/24 dev up0
ip -n "$space" link set lo up
ip -n "$space" link set up0 up
bash "$here/test/production/system-container.sh" boot "$work" "$lower" "$here" "$space" "$cgroup" &
booted() { [ -s "$work/pid" ] && inside systemctl is-system-running --wait | grep -qE 'running|degraded'; }
until_true 'the host boots' booted
say "host $host has booted: $(inside systemctl --version | sed -n 1p), $(inside systemctl is-system-running || true)"

eval "$("$here/lxstack" -d "$fleet" env)"
token=$(openstack token issue -f value -c id)
api() { curl -sS -f --cacert "$OS_CACERT" -H "X-Auth-Token: $token" "${OS_AUTH_URL%/identity/v3}$1"; }
field() { python3 -c 'import json,sys
d=json.load(sys.stdin)
print(eval(sys.argv[1], {"d": d}))' "$1"; }

say 'unit and settings are installed, the host joins'
mkdir -p "$work/install"
"$here/lxstack" -d "$fleet" host token --for $host >"$work/install/token"
inside mkdir -p /etc/lxstack
inside tee /etc/lxstack/agent.env >/dev/null <<IN
LXSTACK_AGENT_NAME=$host
LXSTACK_AGENT_LISTEN=$address:7080
LXSTACK_AGENT_DATA_LISTEN=$address:7081
LXSTACK_AGENT_VTEP=$address
LXSTACK_CONTROL_ADDRESS=10.213.0.1:7070
IN
awk '/^token:/ {printf "%s", $2}' "$work/install/token" | inside sh -c 'umask 077; cat >/etc/lxstack/token'
inside /opt/lxstack/apps/agent/bin/lxstack-agent join --control 10.213.0.1:7071 --token-file /etc/lxstack/token \
  --fingerprint "$(awk '/^fingerprint:/ {print $2}' "$work/install/token")" --name $host --address $address:7080
inside cp /opt/lxstack/apps/agent/systemd/lxstack-agent.service /etc/systemd/system/
inside systemd-analyze verify lxstack-agent.service && say 'systemd-analyze verify: nothing to say'
inside systemctl daemon-reload
inside systemctl enable --now lxstack-agent 2>&1
host_state() { api /fleet/v1/hosts?limit=100 | field "next((h['state'] for h in d['hosts'] if h['name']=='$host'), 'unknown')"; }
is_up() { [ "$(host_state)" = up ]; }
until_true "$host is up" is_up
say "GET /fleet/v1/hosts: $host is $(host_state); the unit is $(unit ActiveState), enabled: $(inside systemctl is-enabled lxstack-agent)"

network=$(openstack network create unit -f value -c id)
openstack subnet create unit --network "$network" --subnet-range 10.88.0.0/24 -f value -c id >/dev/null
archive=$(ls -t "$state"/cache/guest-"${LXSTACK_UNIT_GUEST:-debian}"-*/*.tar* | head -1)
openstack image create unit --disk-format raw --container-format bare --file "$archive" -f value -c id >/dev/null
openstack flavor create unit --ram 256 --vcpus 1 --disk 1 -f value -c id >/dev/null
server=$(openstack server create web --image unit --flavor unit \
  --network "$network" --availability-zone nova:$host --wait -f value -c id | tr -d '[:space:]')
status_of() { openstack server show "$server" -f json -c status -c OS-EXT-SRV-ATTR:host | field "d['status']+' on '+d['OS-EXT-SRV-ATTR:host']"; }
say "server web is $(status_of)"
[ "$(status_of)" = "ACTIVE on $host" ] || fail 'the server is not where it was asked for'
guest() { inside lxc-attach -n "$server" -P /var/lib/lxstack-agent/instances -- "$@"; }
# The container itself, not one that was started anew: pid and start time of its first process.
life() { inside sh -c "pid=\$(lxc-info -n $server -P /var/lib/lxstack-agent/instances -pH); echo \$pid since \$(cut -d' ' -f22 /proc/\$pid/stat)"; }
has_address() { guest ip -4 addr | grep 10.88.0 >/dev/null; }
until_true 'the server has its address from the DHCP server that the agent started' has_address
say "inside: $(guest cat /proc/1/comm), $(guest hostname), $(guest ip -4 -br addr show scope global | xargs)"
first=$(life)
audit_clean() { "$here/lxstack" -d "$fleet" audit >"$work/audit"; }
check() { # check WHAT: the same container runs, and the audit is clean
  until_true "$host is up after $1" is_up
  [ "$(life)" = "$first" ] || fail "$1: the container was $first and is $(life)"
  until_true "the audit is clean after $1" audit_clean
  say "$1: container is the same ($first), $host $(host_state), server $(status_of), audit: $(tail -1 "$work/audit")"
}
check 'before anything'
inside systemd-cgls --no-pager -l | sed -n 1,60p | cut -c1-150

agent() { unit MainPID; }
was=$(agent)
inside systemctl restart lxstack-agent
[ "$(agent)" != "$was" ] || fail 'systemctl restart left the old agent'
check "systemctl restart (agent $was, now $(agent))"

was=$(agent)
inside kill -9 "$was"
new_agent() { [ "$(agent)" != 0 ] && [ "$(agent)" != "$was" ]; }
until_true 'systemd starts a killed agent' new_agent
check "kill -9 of the agent (agent $was, now $(agent), restarts $(unit NRestarts))"

inside systemctl stop lxstack-agent
[ "$(life)" = "$first" ] || fail 'systemctl stop ended the container'
has_address || fail 'systemctl stop took the address of the container'
say "systemctl stop: unit $(unit ActiveState) ($(unit Result)), container is the same ($(life)), inside: up $(guest cut -d' ' -f1 /proc/uptime) s"
is_down() { [ "$(host_state)" = down ]; }
until_true "$host is down without its agent" is_down
say "GET /fleet/v1/hosts: $host is $(host_state)"
inside systemctl start lxstack-agent
check 'systemctl start'

was=$(cat "$work/pid") begun=$SECONDS
inside systemctl reboot || true
rebooted() { [ "$(cat "$work/pid")" != "$was" ] && booted; }
until_true 'the host boots again' rebooted
say "systemctl reboot: the host has booted after $((SECONDS - begun)) s, $(inside systemctl is-system-running || true)"
active() { [ "$(unit ActiveState)" = active ]; }
until_true 'the unit starts by itself' active
# Nova without resume_guests_state_on_host_boot: servers are SHUTOFF after the boot of their host.
shut_off() { is_up && [ "$(status_of)" = "SHUTOFF on $host" ]; }
until_true 'the server is shut off after the boot of its host' shut_off
until_true 'the audit is clean after the boot' audit_clean
say "unit $(unit ActiveState) by itself (agent $(agent)), $host $(host_state), server $(status_of), audit: $(tail -1 "$work/audit")"
openstack server start "$server"
runs() { [ "$(status_of)" = "ACTIVE on $host" ] && has_address; }
until_true 'the server starts after the boot' runs
say "server start: $(status_of), $(guest ip -4 -br addr show scope global | xargs)"

openstack server delete --wait "$server"
gone() { [ -z "$(inside ls /var/lib/lxstack-agent/instances)" ]; }
until_true 'the deleted server has left the host' gone
until_true 'the audit is clean at the end' audit_clean
openstack network delete "$network"
openstack image delete unit
openstack flavor delete unit
say "server and network deleted, audit: $(tail -1 "$work/audit")"
inside journalctl -u lxstack-agent --no-pager -q -p warning -o short | tail -20
say done
