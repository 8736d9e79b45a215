/** Nova's defaults ([quota] in nova.conf). -1: no limit. */
export const defaultLimits = {
  instances: 10,
  cores: 20,
  ram: 51_200,
  metadata_items: 128,
  key_pairs: 100,
  server_groups: 10,
  server_group_members: 10,
  // Old clients print these; nothing counts them (Nova removed them in 2.36 and 2.57).
  injected_files: 5,
  injected_file_content_bytes: 10_240,
  injected_file_path_bytes: 255,
  fixed_ips: -1,
  floating_ips: -1,
  security_groups: -1,
  security_group_rules: -1,
} as const;

export type QuotaResource = keyof typeof defaultLimits;
export type Limits = Record<QuotaResource, number>;
export const quotaResources = Object.keys(defaultLimits) as QuotaResource[];
