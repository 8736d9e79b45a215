import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Profiles, snapshots and storage volumes. Their names are unique where LXD addresses them by name. */
export class ProfilesSnapshotsVolumes1764770200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE storage_volumes; DROP TABLE snapshots; DROP TABLE profiles');
  }
}

const TABLES = `
  CREATE TABLE profiles (
    id uuid primary key,
    project_id text not null,
    name text not null,
    description text not null default '',
    config jsonb not null default '{}',
    devices jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint profiles_name unique (project_id, name)
  );
  CREATE TABLE snapshots (
    id uuid primary key,
    instance_id uuid not null,
    name text not null,
    state text not null,
    stateful boolean not null default false,
    config jsonb not null default '{}',
    devices jsonb not null default '{}',
    profiles text[] not null default '{}',
    ephemeral boolean not null default false,
    size_bytes bigint not null default 0,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint snapshots_name unique (instance_id, name)
  );
  CREATE TABLE storage_volumes (
    id uuid primary key,
    project_id text not null,
    pool text not null,
    name text not null,
    content_type text not null,
    description text not null default '',
    config jsonb not null default '{}',
    size_gb integer not null default 0,
    host_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint storage_volumes_name unique (project_id, pool, name)
  );
  -- compute: removal of what has expired
  CREATE INDEX snapshots_expiring ON snapshots (expires_at) WHERE expires_at IS NOT NULL;
`;
