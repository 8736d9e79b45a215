/**
 * SQL of a port's filter as agents take it: its groups and allowed address pairs. NULL without port security, and for a port
 * that a control plane from before security groups has made.
 */
export const portFilter = (alias: string): string => `
  (CASE WHEN ${alias}.port_security_enabled AND ${alias}.security_group_ids IS NOT NULL THEN json_build_object(
     'securityGroupIds', to_json(${alias}.security_group_ids),
     'allowedAddressPairs', (SELECT coalesce(json_agg(json_build_object('mac', coalesce(a->>'mac_address', ${alias}.mac_address),
        'addresses', a->>'ip_address')), '[]') FROM jsonb_array_elements(${alias}.allowed_address_pairs) a)) END)`;
