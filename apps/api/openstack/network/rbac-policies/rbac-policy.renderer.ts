import type { RbacPolicy } from '#libs/networking/rbac-policies/rbac-policy.entity';

/** Neutron API: rbac_policy. */
export function renderRbacPolicy({ id, projectId, objectType, objectId, action, targetProject }: RbacPolicy) {
  return {
    id,
    project_id: projectId,
    tenant_id: projectId,
    object_type: objectType,
    object_id: objectId,
    action,
    target_tenant: targetProject,
    target_project: targetProject,
  };
}
