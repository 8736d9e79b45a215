#!/bin/bash
# podman.sh: builds the Dockerfiles, runs docker-compose.yml with podman, joins a host and has a server created through them.
# Needs podman, podman-compose, runc, iptables, netavark, aardvark-dns, debootstrap, and what `./lxstack demo` needs. Removes what it made,
# but for the base systems in DIRECTORY (LXSTACK_PRODUCTION_DIR).
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=${LXSTACK_PRODUCTION_DIR:-/var/lib/lxstack/setup/production}
project=lxprod space=lx-prod
mkdir -p "$work"
say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }
# Servers of this run listen in a network namespace of their own, and podman's networks are made in it.
# Not `ip netns exec`: it mounts /sys anew, without the cgroups.
inside() { nsenter --net=/run/netns/$space -- "$@"; }
compose() { (cd "$work/deployment" && inside podman-compose -p $project "$@"); }

# Also what a run that was killed has left.
clear() {
  podman rm -f -t 2 lxprod-agent ${project}_{api,worker,redis,postgres}_1 >/dev/null 2>&1 || true
  [ ! -e /run/netns/$space ] || inside podman network rm -f ${project}_default >/dev/null 2>&1 || true
  podman volume rm -f ${project}_postgres ${project}_blobs >/dev/null 2>&1 || true
  ip netns del $space 2>/dev/null || true
  rm -rf "$work/deployment"
}
finish() {
  status=$?
  [ $status = 0 ] || { podman logs ${project}_api_1 2>&1 | tail -20; podman logs lxprod-agent 2>&1 | tail -20; }
  clear
  exit $status
}
clear
trap finish EXIT

# crun refuses a host whose cgroups are hybrid, runc does not; without CAP_SYS_RESOURCE podman's own limits are refused.
cat >"$work/containers.conf" <<IN
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=16384:16384"]
IN
export CONTAINERS_CONF=$work/containers.conf

say 'base images (debootstrap)'
bash "$here/test/production/base-images.sh" "$here" "$work"
for part in api worker agent; do
  say "podman build apps/$part/Dockerfile"
  podman build --network=host -q -t localhost/${project}_$part -f "$here/apps/$part/Dockerfile" "$here" >/dev/null
done

say 'certificates and secrets'
mkdir -p "$work/deployment/secrets"
cp "$here/docker-compose.yml" "$work/deployment/"
cd "$work/deployment"
fingerprint=$("$here/lxstack" pki "$work/deployment/pki" --names 127.0.0.1,api)
chown -R 1000 pki
openssl rand -base64 18 | tr -d '\n' >secrets/database_password
openssl rand -base64 18 | tr -d '\n' >secrets/admin_password
printf '*:*:*:lxstack:%s\n' "$(cat secrets/database_password)" >secrets/pgpass
chmod 600 secrets/*
chown 1000 secrets/pgpass secrets/admin_password

say 'podman-compose up'
ip netns add $space
ip -n $space link set lo up
export LXSTACK_PUBLIC_URL=https://127.0.0.1:8443
compose up -d --no-build >/dev/null 2>&1
curl_api() { inside curl -sS --cacert "$work/deployment/pki/ca.crt" "$@"; }
until curl_api -f https://127.0.0.1:8443/healthz >/dev/null 2>&1; do sleep 1; done
say "api answers: $(curl_api https://127.0.0.1:8443/healthz)"

token=$(curl_api -D - -o /dev/null -H 'Content-Type: application/json' https://127.0.0.1:8443/identity/v3/auth/tokens \
  -d @- <<IN | awk 'tolower($1)=="x-subject-token:" {print $2}' | tr -d '\r'
{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","domain":{"id":"default"},"password":"$(cat secrets/admin_password)"}}},
 "scope":{"project":{"name":"admin","domain":{"id":"default"}}}}}
IN
)
api() { # api METHOD PATH [BODY]
  curl_api -f -X "$1" -H "X-Auth-Token: $token" -H 'OpenStack-API-Version: compute 2.79' \
    ${3:+-H 'Content-Type: application/json' -d "$3"} "https://127.0.0.1:8443$2"
}
field() { python3 -c 'import json,sys; d=json.load(sys.stdin)
for k in sys.argv[1].split("."): d=d[int(k)] if k.isdigit() else d[k]
print(d)' "$1"; }

say 'a host joins'
state=$work/deployment/agent
mkdir -p "$state"
api POST /fleet/v1/join-tokens '{}' | field token >"$state/token"
agent=(podman run --privileged --network=host --pid=host --cgroupns=host --ipc=host
  -v "$state:/var/lib/lxstack-agent:rshared" -v /sys/fs/cgroup:/sys/fs/cgroup:rslave
  -e LXSTACK_AGENT_NAME=node1 -e LXSTACK_AGENT_LISTEN=127.0.0.1:7080 -e LXSTACK_AGENT_DATA_LISTEN=127.0.0.1:7081
  -e LXSTACK_AGENT_VTEP=127.0.0.1 -e LXSTACK_CONTROL_ADDRESS=127.0.0.1:7070 -e LXSTACK_AGENT_CGROUP=lxprod)
# The control plane reaches the host at the address of the namespace as its bridge sees it.
gateway=$(inside podman network inspect ${project}_default --format '{{ (index .Subnets 0).Gateway }}')
agent+=(-e "LXSTACK_AGENT_LISTEN=$gateway:7080")
inside "${agent[@]}" --rm ${project}_agent apps/agent/bin/lxstack-agent join --control 127.0.0.1:7071 \
  --token-file /var/lib/lxstack-agent/token --fingerprint "$fingerprint" --name node1 --address "$gateway:7080"
inside "${agent[@]}" -d --name lxprod-agent ${project}_agent >/dev/null
until [ "$(api GET /fleet/v1/hosts | field hosts.0.state)" = up ]; do sleep 1; done
say "host $(api GET /fleet/v1/hosts | field hosts.0.name) is up"

say 'an image, a flavor, a network, a server'
archive=$(ls "${LXSTACK_STATE:-/var/lib/lxstack}"/cache/guest-busybox*/*.tar* | head -1)
image=$(api POST /image/v2/images '{"name":"busybox","disk_format":"raw","container_format":"bare","visibility":"public"}' | field id)
curl_api -f -X PUT -H "X-Auth-Token: $token" -H 'Content-Type: application/octet-stream' --data-binary "@$archive" \
  "https://127.0.0.1:8443/image/v2/images/$image/file"
flavor=$(api POST /compute/v2.1/flavors '{"flavor":{"name":"small","ram":128,"vcpus":1,"disk":1}}' | field flavor.id)
network=$(api POST /networking/v2.0/networks '{"network":{"name":"net"}}' | field network.id)
api POST /networking/v2.0/subnets "{\"subnet\":{\"network_id\":\"$network\",\"ip_version\":4,\"cidr\":\"10.99.0.0/24\"}}" >/dev/null
server=$(api POST /compute/v2.1/servers "{\"server\":{\"name\":\"web\",\"imageRef\":\"$image\",\"flavorRef\":\"$flavor\",\"networks\":[{\"uuid\":\"$network\"}]}}" | field server.id)
for _ in $(seq 600); do
  state_of=$(api GET "/compute/v2.1/servers/$server" | field server.status)
  [ "$state_of" = BUILD ] || break
  sleep 1
done
say "server web is $state_of on $(api GET "/compute/v2.1/servers/$server" | field server.OS-EXT-SRV-ATTR:host)"
[ "$state_of" = ACTIVE ]
inside podman exec lxprod-agent lxc-attach -n "$server" -P /var/lib/lxstack-agent/instances -- sh -c 'echo "inside: $(cat /proc/1/comm), $(hostname)"'
api DELETE "/compute/v2.1/servers/$server"
until ! api GET "/compute/v2.1/servers/$server" >/dev/null 2>&1; do sleep 1; done
say "audit: $(api GET /fleet/v1/audit)"
say done
