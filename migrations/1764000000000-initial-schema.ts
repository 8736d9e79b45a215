import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every table of the control plane, and every index with who uses it. Never edited once released: add another file. */
export class InitialSchema1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(INDEXES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  }
}

const TABLES = `
  CREATE TABLE flavor_access (
    flavor_id text not null,
    project_id text not null,
    primary key (flavor_id, project_id)
  );

  CREATE TABLE flavors (
    id text primary key,
    name text not null unique,
    vcpus integer not null,
    ram_mb integer not null,
    disk_gb integer not null,
    is_public boolean not null default true,
    description text,
    extra_specs jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE instances (
    id uuid primary key,
    name text not null,
    hostname text not null,
    project_id text not null,
    user_id text not null,
    flavor jsonb not null,
    old_flavor jsonb,
    image_id uuid not null,
    host_id uuid,
    availability_zone text,
    vm_state text not null,
    task_state text,
    power_state integer not null default 0,
    epoch bigint not null default 1,
    config jsonb not null default '{}',
    devices jsonb not null default '{}',
    profiles text[] not null default '{}',
    metadata jsonb not null default '{}',
    tags text[] not null default '{}',
    scheduler_hints jsonb not null default '{}',
    key_name text,
    user_data text,
    description text,
    fault jsonb,
    launched_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE key_pairs (
    user_id text not null,
    name text not null,
    serial serial not null unique,
    type text not null,
    public_key text not null,
    fingerprint text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, name)
  );

  CREATE TABLE quotas (
    project_id text not null,
    resource text not null,
    "limit" integer not null,
    primary key (project_id, resource)
  );

  CREATE TABLE server_groups (
    id uuid primary key,
    name text not null,
    project_id text not null,
    user_id text not null,
    policy text not null,
    max_server_per_host integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE hosts (
    id uuid primary key,
    name text not null unique,
    serial serial not null unique,
    role text not null,
    address text not null,
    vtep text not null default '',
    availability_zone text not null default 'nova',
    enabled boolean not null default true,
    disabled_reason text,
    forced_down boolean not null default false,
    lease_expires_at timestamptz,
    boot_id text not null default '',
    vcpus integer not null default 0,
    memory_mb bigint not null default 0,
    disk_gb bigint not null default 0,
    cpu_ratio real not null default 16,
    memory_ratio real not null default '1.5',
    disk_ratio real not null default 1,
    used_vcpus integer not null default 0,
    used_memory_mb bigint not null default 0,
    used_disk_gb bigint not null default 0,
    capabilities jsonb not null default '[]',
    facts jsonb not null default '{}',
    certificate_fingerprint text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE join_tokens (
    token_hash text primary key,
    expires_at timestamptz not null,
    used_at timestamptz,
    used_by text,
    created_at timestamptz not null default now()
  );

  CREATE TABLE projects (
    id text primary key,
    name text not null,
    domain_id text,
    is_domain boolean not null default false,
    description text not null default '',
    enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE roles (
    id text primary key,
    name text not null unique
  );

  CREATE TABLE role_assignments (
    user_id text not null,
    project_id text not null,
    role_id text not null,
    primary key (user_id, project_id, role_id)
  );

  CREATE TABLE tokens (
    token_hash text primary key,
    audit_id text not null,
    user_id text not null,
    project_id text,
    domain_id text,
    methods text[] not null,
    issued_at timestamptz not null,
    expires_at timestamptz not null
  );

  CREATE TABLE users (
    id text primary key,
    name text not null,
    domain_id text not null,
    password_hash text not null,
    default_project_id text,
    email text,
    description text not null default '',
    enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE images (
    id uuid primary key,
    name text,
    project_id text not null,
    status text not null,
    visibility text not null,
    checksum text,
    sha256 text,
    sha512 text,
    size bigint,
    container_format text,
    disk_format text,
    min_disk integer not null default 0,
    min_ram integer not null default 0,
    protected boolean not null default false,
    properties jsonb not null default '{}',
    tags text[] not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE migrations (
    uuid uuid primary key,
    id serial not null unique,
    migration_type text not null,
    status text not null,
    instance_id uuid not null,
    operation_id uuid not null,
    source_host_id uuid,
    dest_host_id uuid,
    old_flavor_id text,
    new_flavor_id text,
    project_id text not null,
    user_id text not null,
    switch_deadline timestamptz,
    memory_bytes_total bigint not null default 0,
    memory_bytes_processed bigint not null default 0,
    disk_bytes_total bigint not null default 0,
    disk_bytes_processed bigint not null default 0,
    timings_ms jsonb not null default '{}',
    failure jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE networks (
    id uuid primary key,
    name text not null,
    description text not null default '',
    project_id text not null,
    vni integer not null unique,
    mtu integer not null default 1450,
    shared boolean not null default false,
    admin_state_up boolean not null default true,
    port_security_enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE ports (
    id uuid primary key,
    name text not null default '',
    description text not null default '',
    project_id text not null,
    network_id uuid not null,
    mac_address text not null,
    fixed_ips jsonb not null default '[]',
    device_id text not null default '',
    device_owner text not null default '',
    device_index integer not null default 0,
    host_id uuid,
    status text not null default 'DOWN',
    admin_state_up boolean not null default true,
    port_security_enabled boolean not null default true,
    owned_by_instance boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE ip_allocations (
    subnet_id uuid not null,
    ip_address inet not null,
    port_id uuid not null,
    primary key (subnet_id, ip_address)
  );

  CREATE TABLE subnets (
    id uuid primary key,
    name text not null default '',
    description text not null default '',
    project_id text not null,
    network_id uuid not null,
    ip_version integer not null default 4,
    cidr text not null,
    gateway_ip text,
    enable_dhcp boolean not null default true,
    allocation_pools jsonb not null default '[]',
    dns_nameservers text[] not null default '{}',
    host_routes jsonb not null default '[]',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE operations (
    id uuid primary key,
    kind text not null,
    queue text not null,
    resource_type text not null,
    resource_id text not null,
    project_id text,
    user_id text,
    request_id text not null,
    state text not null,
    input jsonb not null default '{}',
    context jsonb not null default '{}',
    step text,
    failure jsonb,
    cancel_requested boolean not null default false,
    attempts integer not null default 0,
    not_before timestamptz,
    locked_by text,
    locked_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );

  CREATE TABLE operation_steps (
    operation_id uuid not null,
    name text not null,
    attempt integer not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    result text,
    message text,
    primary key (operation_id, name, attempt)
  );

  CREATE TABLE outbox (
    operation_id uuid primary key,
    queue text not null,
    created_at timestamptz not null default now()
  );

  CREATE TABLE allocations (
    consumer_id uuid not null,
    host_id uuid not null,
    instance_id uuid not null,
    vcpus integer not null,
    memory_mb bigint not null default 0,
    disk_gb bigint not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (consumer_id, host_id)
  );
`;

const INDEXES = `
  -- identity: names are unique inside their domain; a domain's own are unique among domains
  CREATE UNIQUE INDEX projects_name ON projects (coalesce(domain_id, ''), name);
  CREATE UNIQUE INDEX users_name ON users (domain_id, name);
  -- identity: who has a role on a project
  CREATE INDEX role_assignments_by_project ON role_assignments (project_id);
  -- identity: removal of expired tokens; all tokens of a user whose password changed
  CREATE INDEX tokens_by_expiry ON tokens (expires_at);
  CREATE INDEX tokens_by_user ON tokens (user_id);

  -- compute: GET /servers of one project, newest first, page by page
  CREATE INDEX instances_of_project ON instances (project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
  -- compute: GET /servers?all_tenants, newest first
  CREATE INDEX instances_live ON instances (created_at DESC, id DESC) WHERE deleted_at IS NULL;
  -- fleet: what a host has (audit, evacuation, hypervisor show); scheduler hints
  CREATE INDEX instances_on_host ON instances (host_id) WHERE deleted_at IS NULL;
  -- compute, scheduling: members of a server group
  CREATE INDEX instances_in_group ON instances ((scheduler_hints ->> 'group')) WHERE deleted_at IS NULL;
  -- images: is an image in use
  CREATE INDEX instances_of_image ON instances (image_id) WHERE deleted_at IS NULL;
  -- compute: server groups of a project
  CREATE INDEX server_groups_of_project ON server_groups (project_id, created_at);
  -- compute: flavors a project was given
  CREATE INDEX flavor_access_of_project ON flavor_access (project_id);

  -- images: GET /v2/images
  CREATE INDEX images_newest ON images (created_at DESC, id DESC);

  -- networking: subnets of a network
  CREATE INDEX subnets_of_network ON subnets (network_id);
  -- networking: one MAC once per network
  CREATE UNIQUE INDEX ports_mac ON ports (network_id, mac_address);
  -- networking, compute: NICs of an instance, in their order
  CREATE INDEX ports_of_device ON ports (device_id, device_index) WHERE device_id <> '';
  -- networking: forwarding entries per host; audit
  CREATE INDEX ports_on_host ON ports (host_id) WHERE host_id IS NOT NULL;
  CREATE INDEX ports_of_project ON ports (project_id, created_at);
  CREATE INDEX networks_of_project ON networks (project_id, created_at);
  -- networking: addresses of a port, for its deletion
  CREATE INDEX ip_allocations_of_port ON ip_allocations (port_id);

  -- mobility: moves of an instance, newest first; all moves
  CREATE INDEX migrations_of_instance ON migrations (instance_id, id DESC);
  CREATE INDEX migrations_newest ON migrations (created_at DESC, uuid DESC);

  -- scheduling: what an instance and its moves hold; sums per host for audit and view
  CREATE INDEX allocations_by_instance ON allocations (instance_id);
  CREATE INDEX allocations_on_host ON allocations (host_id);

  -- operations: the sweeper's look for what must be queued again
  CREATE INDEX operations_unfinished ON operations (not_before, locked_until)
    WHERE state IN ('pending', 'running', 'undoing');
  -- operations: which of a resource's unfinished operations comes next
  CREATE INDEX operations_in_order ON operations (resource_type, resource_id, created_at, id)
    WHERE state IN ('pending', 'running', 'undoing');
  -- faces: instance actions; operations of a project; of one request
  CREATE INDEX operations_by_resource ON operations (resource_type, resource_id, created_at DESC, id DESC);
  CREATE INDEX operations_by_project ON operations (project_id, created_at DESC, id DESC);
  CREATE INDEX operations_newest ON operations (created_at DESC, id DESC);
  CREATE INDEX operations_by_request ON operations (request_id);
  -- operations: what the queue has not been told, oldest first
  CREATE INDEX outbox_oldest ON outbox (created_at);
`;
