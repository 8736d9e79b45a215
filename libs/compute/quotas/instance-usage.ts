/** What instances use of a project's quota; `ram` in MiB. */
export interface InstanceUsage {
  instances: number;
  cores: number;
  ram: number;
}
