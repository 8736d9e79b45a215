/** Who asks for something: established by the face's authentication, passed to every service that changes or shows. */
export interface Caller {
  userId: string;
  /** The project of the token's scope. */
  projectId: string;
  /** Names of the roles, implied ones included (admin implies member implies reader). */
  roles: readonly string[];
  isAdmin: boolean;
  /** `req-…`, made by this API: kept with the operation, shown as Nova's request_id. */
  requestId: string;
}
