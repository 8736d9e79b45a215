/** Who asks for something: established by the face's authentication, passed to every service that changes or shows. */
export interface Caller {
  userId: string;
  /** The project of the token's scope. */
  projectId: string;
  /** Names of the roles, implied ones included (admin implies member implies reader). */
  roles: readonly string[];
  isAdmin: boolean;
  /** Set where the scope is a domain, not a project (`projectId` is '' then). */
  domainId?: string;
  /** The scope is the whole cloud (Keystone: system_scope all). */
  system?: boolean;
  userDomainId?: string;
  projectDomainId?: string;
  /** `req-…`, made by this API: kept with the operation, shown as Nova's request_id. */
  requestId: string;
}
