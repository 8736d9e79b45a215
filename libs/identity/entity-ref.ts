/** A user, project or domain by id, or by name in a domain. */
export interface EntityRef {
  id?: string;
  name?: string;
  /** Domain of the name; the default domain where absent. */
  domain?: { id?: string; name?: string };
}

/** Id, name, id of the domain, name of the domain: parameters of a query that finds the row by id or by name. */
export function refValues({ id, name, domain }: EntityRef): (string | null)[] {
  return [id ?? null, name ?? null, domain?.id ?? (domain?.name ? null : 'default'), domain?.name ?? null];
}
