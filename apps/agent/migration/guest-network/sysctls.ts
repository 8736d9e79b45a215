/** Keys below /proc/sys/net with their values. */
export type Sysctls = ReadonlyMap<string, string>;

const KEY = /^net(\/[A-Za-z0-9_.-]+)+$/;
const VALUE = /^[\w\t .:-]{0,128}$/;
/** Commands and what the kernel counts; keys of a device that its NIC sets. */
const NO_SETTING =
  /\/(flush|nf_conntrack_count|stable_secret|mtu|route\/.*|.*_probe_interval|.*_time_ms|retrans_time|base_reachable_time)$/;

/** From `grep -r '' /proc/sys/net`: `path:value`, one per line (a value of several lines is left out but for its first). */
export function parseSysctls(output: string): Sysctls {
  const found = new Map<string, string>();
  for (const line of output.split('\n')) {
    const at = line.indexOf(':');
    const key = line.slice('/proc/sys/'.length, at);
    if (at > 0 && !found.has(key)) found.set(key, line.slice(at + 1));
  }
  return found;
}

/**
 * What the guest has set, against a namespace that nobody has touched (`pristine`, with `lo` only): a NIC begins with the
 * values of `default`. General keys first: some set those of every device.
 */
export function changedSysctls(present: Sysctls, pristine: Sysctls, devices: readonly string[]): [string, string][] {
  return [...present]
    .filter(([key, value]) => KEY.test(key) && VALUE.test(value) && !key.includes('..') && !NO_SETTING.test(key))
    .filter(([key, value]) => {
      const begins = pristine.get(key) ?? pristine.get(ofDefault(key, devices));
      return begins !== undefined && begins !== value;
    })
    .sort(([a], [b]) => rank(a) - rank(b));
}

/** The key that a NIC's own began with. */
function ofDefault(key: string, devices: readonly string[]): string {
  const [, head, device, tail] = /^(net\/ipv[46]\/(?:conf|neigh)\/)([^/]+)(\/.*)$/.exec(key) ?? [];
  return device && devices.includes(device) ? `${head}default${tail}` : '';
}

const rank = (key: string): number => {
  if (!/\/(conf|neigh)\//.test(key)) return 0;
  return key.includes('/all/') ? 1 : key.includes('/default/') ? 2 : 3;
};
