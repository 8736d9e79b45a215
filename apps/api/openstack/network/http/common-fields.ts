import type { StandardAttributes } from '#libs/networking/standard-attributes';

const time = (at: Date) => at.toISOString().replace(/\.\d+Z$/, 'Z');

/** Neutron API: the fields that every resource shows. */
export function commonFields({
  id,
  name,
  description,
  projectId,
  createdAt,
  updatedAt,
  revisionNumber,
  tags,
}: StandardAttributes) {
  const owner = { project_id: projectId, tenant_id: projectId };
  return {
    id,
    name,
    description,
    ...owner,
    created_at: time(createdAt),
    updated_at: time(updatedAt),
    revision_number: revisionNumber,
    tags,
  };
}
