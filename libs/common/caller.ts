/** Who asks. A face's authentication makes it; every service that reads or changes something takes it. */
export interface Caller {
  userId: string;
  /** The project in the token's scope. */
  projectId: string;
  /** Names of the roles, implied ones included (admin implies member implies reader). */
  roles: readonly string[];
  isAdmin: boolean;
  /** Set where the scope is a domain, not a project (`projectId` is '' then). */
  domainId?: string;
  /** True: the scope is the whole cloud (Keystone: system_scope all). */
  system?: boolean;
  userDomainId?: string;
  projectDomainId?: string;
  /** `req-…`, made by the API; kept with the operation and shown as Nova's request_id. */
  requestId: string;
}
