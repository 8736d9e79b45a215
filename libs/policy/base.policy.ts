/** Checks that the tables name by `rule:`. An operator who changes one changes all that name it. */
export const base = {
  /** An administrator of the whole cloud. A role on a domain does not count here. */
  context_is_admin: 'role:admin and not scope:domain',
  admin_required: 'rule:context_is_admin',
  system_reader: 'role:reader and system_scope:all',
  project_member: 'role:member and project_id:%(project_id)s',
  project_reader: 'role:reader and project_id:%(project_id)s',
  project_member_or_admin: 'rule:project_member or rule:context_is_admin',
  project_reader_or_admin: 'rule:project_reader or rule:context_is_admin',
  /** A reader of any project, for what is the same for all projects. */
  reader: 'role:reader',
  /** Neutron: everybody may see what is shared. */
  shared: 'True:%(shared)s',
  network_owner: 'role:member and project_id:%(network:project_id)s',
  network_owner_or_admin: 'rule:network_owner or rule:context_is_admin',
} as const;
