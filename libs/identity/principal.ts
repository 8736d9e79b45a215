import type { Caller } from '#libs/common/caller';

export interface Named {
  id: string;
  name: string;
}

/** What a valid token stands for: user, scope, roles, and how long it is valid. */
export interface Principal extends Omit<Caller, 'requestId'> {
  /** sha256 of the token, in hex. */
  tokenHash: string;
  auditId: string;
  methods: string[];
  issuedAt: Date;
  expiresAt: Date;
  user: Named & { domain: Named };
  /** The scope: a project, a domain, or neither. `projectId` is '' without a project. */
  project: (Named & { domain: Named }) | null;
  domain: Named | null;
  /** Includes implied roles. */
  roleRefs: Named[];
}
