import { FRAMES, PACKETS } from './names.js';

/**
 * How a host's kernel tells to which connection a frame belongs. `br_netfilter`: bridges hand packets to the inet family;
 * `bridge`: the bridge family tracks by itself (nf_conntrack_bridge); `none`: not at all, so ports cannot be filtered.
 */
export type Tracking = 'br_netfilter' | 'bridge' | 'none';

/** What a frame's mark says of its connection, from the look at it until the frame leaves the bridge. */
export const marks = { established: '0x6c780001', invalid: '0x6c780002', midstream: '0x6c780003' } as const;

const NOT_FIRST = 'tcp flags & (fin | syn | rst | ack) != syn';

/** The rules that write the mark; what begins a connection, or is tracked by nobody, has none. */
const stateRules: readonly string[] = [
  `ct state new ${NOT_FIRST} meta mark set ${marks.midstream} return`,
  `meta mark set ct state map { established : ${marks.established}, related : ${marks.established}, invalid : ${marks.invalid}, new : 0, untracked : 0 }`,
];

/**
 * nft commands for the tables' own chains. Every network has a conntrack zone of its own, because tenants may use the same
 * addresses; it is found by the bridge's name. The mark is written once the packet is known, and before any port's filter
 * reads it; it ends with the frame's way through the bridge.
 */
export function trackingRules(tracking: Tracking): string {
  const [table, name] = tracking === 'bridge' ? [FRAMES, 'meta ibrname'] : [PACKETS, 'iifname'];
  const chain = (of: string, chainName: string, hook: string, rules: readonly string[]) => [
    `add chain ${of} ${chainName} { type filter hook ${hook}; policy accept; }`,
    `flush chain ${of} ${chainName}`,
    ...rules.map((rule) => `add rule ${of} ${chainName} ${rule}`),
  ];
  const tracked = [
    `add table ${table}`,
    `add map ${table} zones { typeof ${name} : ct zone; }`,
    `add set ${table} tracked { typeof ${name}; }`,
    ...chain(table, 'zone', 'prerouting priority -300', [`ct zone set ${name} map @zones`]),
    ...chain(table, 'state', 'prerouting priority -150', [`${name} != @tracked return`, ...stateRules]),
  ];
  const filtered = [
    `add table ${FRAMES}`,
    ...['leaving', 'arriving'].map((map) => `add map ${FRAMES} ${map} { type ifname : verdict; }`),
    `add set ${FRAMES} guests { type ifname; }`,
    ...chain(FRAMES, 'egress', 'prerouting priority 100', ['iifname vmap @leaving']),
    ...chain(FRAMES, 'ingress', 'postrouting priority 100', [
      'oifname vmap @arriving',
      `meta mark { ${Object.values(marks).join(', ')} } meta mark set 0`,
    ]),
    ...chain(FRAMES, 'to-host', 'input priority -200', ['iifname @guests drop', 'iifname "lxv*" drop']),
  ];
  return [...(tracking === 'none' ? [] : tracked), ...filtered, ''].join('\n');
}

/** nft commands by which packets of a bridge are tracked in the zone. */
export function trackBridge(tracking: Tracking, bridge: string, zone: number): string {
  if (tracking === 'none') return '';
  const table = tracking === 'bridge' ? FRAMES : PACKETS;
  return `add element ${table} zones { "${bridge}" : ${zone} }\nadd element ${table} tracked { "${bridge}" }\n`;
}

/** nft commands by which packets of these bridges are tracked, and of no others. */
export function retrack(tracking: Tracking, bridges: ReadonlyMap<string, number>): string {
  if (tracking === 'none') return '';
  const table = tracking === 'bridge' ? FRAMES : PACKETS;
  const all = [...bridges].map(([bridge, zone]) => trackBridge(tracking, bridge, zone));
  return [`flush map ${table} zones`, `flush set ${table} tracked`, ...all, ''].join('\n');
}

/** The opposite; `add` before `delete` lets it succeed where there is nothing. */
export function forgetBridge(tracking: Tracking, bridge: string, zone: number): string {
  if (tracking === 'none') return '';
  const table = tracking === 'bridge' ? FRAMES : PACKETS;
  return [
    trackBridge(tracking, bridge, zone),
    `delete element ${table} zones { "${bridge}" : ${zone} }`,
    `delete element ${table} tracked { "${bridge}" }`,
    '',
  ].join('\n');
}
