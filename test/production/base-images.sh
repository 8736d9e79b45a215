#!/bin/bash
# base-images.sh REPOSITORY DIRECTORY: images under the names that Dockerfiles and docker-compose.yml use, made of Debian's
# packages, where no image registry can be asked. They trust what this machine trusts and use its npm registry.
set -euo pipefail
repository=$1 work=$2
mirror=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Label: Debian' | sort | uniq -c | sort -rn | awk 'NR==1 {print $2}')

image() { # image NAME DIRECTORY CHANGE…
  local name=$1 from=$2 changes=()
  shift 2
  for change in "$@"; do changes+=(--change "$change"); done
  tar -C "$from" -c . | podman import "${changes[@]}" - "$name" >/dev/null
}
base() { # base NAME PACKAGES
  [ -e "$work/$1/etc/os-release" ] || debootstrap --variant=minbase --include="$2" trixie "$work/$1" "$mirror" >"$work/$1.log"
}

base node ca-certificates,libatomic1
cp /etc/ssl/certs/ca-certificates.crt "$work/node/etc/ssl/certs/ca-certificates.crt"
cp "$repository/node_modules/node/bin/node" "$work/node/usr/local/bin/node"
mkdir -p "$work/node/usr/local/lib/node_modules/npm" "$work/node/usr/local/etc"
(cd "$work" && npm pack --silent npm@11 >/dev/null && tar -xzf npm-11.*.tgz -C node/usr/local/lib/node_modules/npm --strip-components=1)
ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$work/node/usr/local/bin/npm"
ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$work/node/usr/local/bin/npx"
echo "registry=$(npm config get registry)" >"$work/node/usr/local/etc/npmrc"
chroot "$work/node" useradd --uid 1000 --create-home node 2>/dev/null || chroot "$work/node" id node >/dev/null
image docker.io/library/node:24-trixie-slim "$work/node" 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'

base postgres postgresql
cat >"$work/postgres/entrypoint" <<'IN'
#!/bin/bash
# What the official image does with these variables, for an empty data directory.
set -e
data=/var/lib/postgresql/data
chown postgres "$data"
run() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
bin=$(echo /usr/lib/postgresql/*/bin)
if [ ! -s "$data/PG_VERSION" ]; then
  install -o postgres -m 600 "$POSTGRES_PASSWORD_FILE" /tmp/password
  run "$bin/initdb" -D "$data" -U "$POSTGRES_USER" --pwfile=/tmp/password -A scram-sha-256 >/dev/null
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
  run "$bin/pg_ctl" -D "$data" -w -o '-c listen_addresses= -k /tmp' start >/dev/null
  PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE") run "$bin/createdb" -h /tmp -U "$POSTGRES_USER" "$POSTGRES_DB"
  run "$bin/pg_ctl" -D "$data" -w stop >/dev/null
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups "$bin/postgres" -D "$data" -c 'listen_addresses=*' -k /tmp
IN
chmod 755 "$work/postgres/entrypoint"
mkdir -p "$work/postgres/var/lib/postgresql/data"
image docker.io/library/postgres:17 "$work/postgres" 'ENTRYPOINT ["/entrypoint"]' 'ENV PGHOST=/tmp'

base redis redis-server
printf '#!/bin/sh\nexec "$@" --protected-mode no\n' >"$work/redis/entrypoint"
chmod 755 "$work/redis/entrypoint"
image docker.io/library/redis:7 "$work/redis" 'ENTRYPOINT ["/entrypoint"]'
