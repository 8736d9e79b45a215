import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { FlaggedPath } from '../disk/file-flags.js';
import type { SentMemory } from '../memory/memory-feed.js';
import type { MovedConnections } from '../../network/network-connections.js';
import type { GuestNetwork } from '../guest-network/guest-network.js';
import type { PressureTrigger } from '../criu/fixups/pressure-triggers.js';
import type { MigrationKind } from '#generated/lxstack/agent/v1/agent';

/** First frame of the source. */
export interface Hello {
  migrationId: string;
  token: string;
  kind: MigrationKind;
}

/** What the target puts back beside CRIU's images, before the instance's first instruction. */
export interface BesideImages {
  network: GuestNetwork;
  /** A source of v0.2 does not tell. */
  pressure?: PressureTrigger[];
  /** Orders of `kept/`; a source of v0.2 does not tell. */
  kept?: string[];
  /** What the source's filters know of the instance's connections. A source of v0.2 does not tell. */
  connections?: MovedConnections[];
}

/** What a target can do with btrfs streams: nothing, receive whole ones, or receive those that build on the image too. */
export type CopiesOffer = 'none' | 'whole' | 'from-image';

/** What the two ends tell each other, in the order of a move. */
export type Message =
  /** `fileFlags`: whether it puts files' flags; a target of v0.2 does not tell. */
  | { say: 'welcome'; lazyPages: boolean; copies: CopiesOffer; fileFlags?: boolean }
  /** Source: a stream of a copy follows as disk frames. Target, after its end: why it could not take it, or ''. */
  | { say: 'copy' }
  | { say: 'copy-end' }
  | { say: 'copied'; problem: string }
  /** Source: the copy is the instance's root from now on. */
  | { say: 'adopt'; pass: number }
  | { say: 'adopted' }
  /**
   * A disk pass: paths to remove first, directories to take the extended attributes from; its tar stream follows as disk
   * frames where `tar` is set; flags that files have, to be put after the last pass. Paths are bytes ("latin1").
   */
  | { say: 'pass'; removed: string[]; bare: string[]; tar: boolean; flags?: FlaggedPath[] }
  | { say: 'pass-end' }
  | { say: 'pass-done' }
  /** Source: the freeze is next, be ready to restore. */
  | { say: 'arm'; memoryMode: MemoryMode }
  | { say: 'armed' }
  /** Source: the dump has failed and is made again; images and frames of the failed one are to go. */
  | { say: 'dump-again' }
  | { say: 'emptied' }
  /** Source: every pass and image has been sent; no commit can come later than timeoutMs from now. */
  | ({ say: 'restore'; timeoutMs: number; memory: SentMemory[] } & BesideImages)
  /**
   * Target: all is there and stopped before its first instruction (cold: the disk is complete). `firstFailure`: why it was
   * restored by a second try, empty where the first has succeeded. `notPut`: orders of `kept` that could not be done;
   * `flagsNotPut`: paths.
   */
  | { say: 'restored'; firstFailure: string; notPut?: string[]; flagsNotPut?: string[] }
  | { say: 'failed'; step: string; reason: string; logTail: string[] }
  /** Source: the move is off. */
  | { say: 'abort'; reason: string };
