import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MigrationStatus, MigrationType } from './migration.entity.js';
import { isAbortable, isFinal, mayBecome, migrationStates, statusesBefore } from './migration-states.js';

const types = Object.keys(migrationStates) as MigrationType[];

describe('states of migrations', () => {
  it('a live move runs queued, preparing, running, post-migrating, completed', () => {
    const order: MigrationStatus[] = ['queued', 'preparing', 'running', 'post-migrating', 'completed'];
    order.slice(1).forEach((to, index) => assert.ok(mayBecome('live-migration', order[index], to)));
  });

  it('a resize waits as finished until it is confirmed or reverted', () => {
    assert.ok(!isFinal('resize', 'finished'));
    assert.ok(mayBecome('resize', 'finished', 'confirming') && mayBecome('resize', 'finished', 'reverting'));
  });

  it('after the commit no move can be cancelled', () => {
    for (const type of types) {
      assert.ok(!statusesBefore(type, 'cancelled').includes('post-migrating'));
    }
  });

  it('only a live move before its commit can be aborted', () => {
    assert.ok(isAbortable('live-migration', 'running'));
    assert.ok(isAbortable('live-migration', 'preparing') && !isAbortable('live-migration', 'preparing', false));
    assert.ok(!isAbortable('live-migration', 'post-migrating'));
    assert.ok(!isAbortable('resize', 'migrating'));
  });

  it('every status that is named as a follower is final or has followers of its own', () => {
    for (const type of types)
      for (const followers of Object.values(migrationStates[type]))
        for (const status of followers) assert.equal(isFinal(type, status), !migrationStates[type][status]);
  });
});
