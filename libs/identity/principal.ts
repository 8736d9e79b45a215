import type { Caller } from '#libs/common/caller';

export interface Named {
  id: string;
  name: string;
}

/** What a valid token says: who, where, with which roles and until when. */
export interface Principal extends Omit<Caller, 'requestId'> {
  /** sha256 of the token, hex. */
  tokenHash: string;
  auditId: string;
  methods: string[];
  issuedAt: Date;
  expiresAt: Date;
  user: Named & { domain: Named };
  /** Scope: a project, a domain, or neither. `projectId` is '' without a project. */
  project: (Named & { domain: Named }) | null;
  domain: Named | null;
  /** Implied roles included. */
  roleRefs: Named[];
}
