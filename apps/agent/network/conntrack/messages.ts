/** Messages of ctnetlink (linux/netfilter/nfnetlink_conntrack.h). Lengths and types are in the host's byte order. */

/** nlmsghdr and nfgenmsg. */
const HEADER = 20;
const [NEW, GET, DELETE] = [0x100, 0x101, 0x102];
const [REQUEST, ACK, DUMP, CREATE] = [0x001, 0x004, 0x300, 0x400];
const NESTED = 0x8000;

/** Attributes of a connection (enum ctattr_type). */
const attribute = {
  ORIGINAL: 1,
  REPLY: 2,
  STATUS: 3,
  PROTOINFO: 4,
  HELP: 5,
  TIMEOUT: 7,
  MARK: 8,
  SEQ_ADJ_ORIGINAL: 15,
  SEQ_ADJ_REPLY: 16,
  ZONE: 18,
  LABELS: 22,
} as const;
/** What of a connection is carried to another host; the rest is the kernel's own (ids, counters, times). */
const CARRIED: readonly number[] = Object.values(attribute).filter(
  (one) => one !== attribute.ZONE && one !== attribute.HELP,
);

const [TUPLE_IP, TUPLE_PROTO] = [1, 2];
const [V4_SRC, V4_DST, V6_SRC, V6_DST] = [1, 2, 3, 4];
const [PROTO_NUM, SRC_PORT, DST_PORT, ICMP_TYPE, ICMP_CODE, ICMPV6_TYPE, ICMPV6_CODE] = [1, 2, 3, 5, 6, 8, 9];
/** Of CTA_PROTOINFO_TCP (1): flags of both directions, each with a mask. */
const [TCP_INFO, TCP_FLAGS_ORIGINAL, TCP_FLAGS_REPLY] = [1, 4, 5];
/** IP_CT_TCP_FLAG_BE_LIBERAL: the windows that were seen do not come along, so they are not held against packets. */
const LIBERAL = 0x08;
/** IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE and IPS_DYING belong to the host that has the connection; IPS_OFFLOAD too. */
const STATUS_KEPT = ~(0x80 | 0x100 | 0x200 | 0x4000);

/** One direction of a connection. `first` and `second`: ports, or type and code of ICMP; 0 where there are none. */
export interface Tuple {
  version: 4 | 6;
  source: string;
  destination: string;
  protocol: number;
  first: number;
  second: number;
}

/** A connection as the kernel tells it. */
export interface Connection {
  zone: number;
  original: Tuple;
  reply: Tuple;
  family: number;
  /** Its attributes in the kernel's form, by type. */
  attributes: Map<number, Buffer>;
}

/** Asks for all connections; the kernel leaves other zones out where it can (6.8). */
export function dumpRequest(zone: number): Buffer {
  return message(GET, REQUEST | DUMP, 0, [[attribute.ZONE, be16(zone)]]);
}

/** Removes the connections. */
export function deleteRequest(connections: readonly Connection[]): Buffer {
  return Buffer.concat(
    connections.map(({ family, zone, attributes }, at) => {
      const original = [attribute.ORIGINAL | NESTED, attributes.get(attribute.ORIGINAL)!] as Attribute;
      return message(DELETE, REQUEST | ACK, family, [original, [attribute.ZONE, be16(zone)]], at + 1);
    }),
  );
}

/** Makes the connections in another zone, as if they had begun there. */
export function createRequest(connections: readonly Connection[], zone: number): Buffer {
  return Buffer.concat(
    connections.map(({ family, attributes }, at) => {
      const carried = [...attributes].filter(([type]) => CARRIED.includes(type)).map(carry);
      return message(NEW, REQUEST | ACK | CREATE, family, [...carried, [attribute.ZONE, be16(zone)]], at + 1);
    }),
  );
}

/** Undefined for a message that is no connection. */
export function parseConnection(bytes: Buffer): Connection | undefined {
  if (bytes.length < HEADER || bytes.readUInt16LE(4) !== NEW) return undefined;
  const attributes = attributesOf(bytes.subarray(HEADER));
  const [original, reply] = [attributes.get(attribute.ORIGINAL), attributes.get(attribute.REPLY)];
  if (!original || !reply) return undefined;
  return {
    zone: attributes.get(attribute.ZONE)?.readUInt16BE(0) ?? 0,
    original: tupleOf(original),
    reply: tupleOf(reply),
    family: bytes[16]!,
    attributes,
  };
}

/** A connection on the wire between two agents: its attributes without the zone, as base64. */
export const packConnection = ({ family, attributes }: Connection): string => {
  const carried = [...attributes].filter(([type]) => CARRIED.includes(type));
  return message(
    NEW,
    0,
    family,
    carried.map(([type, value]) => [type, value]),
  ).toString('base64');
};

export const unpackConnection = (text: string): Connection | undefined => parseConnection(Buffer.from(text, 'base64'));

type Attribute = readonly [type: number, value: Buffer];

/** Types of attributes that hold attributes, and are marked so. */
const nested: readonly number[] = [
  attribute.ORIGINAL,
  attribute.REPLY,
  attribute.PROTOINFO,
  attribute.SEQ_ADJ_ORIGINAL,
  attribute.SEQ_ADJ_REPLY,
];

function carry([type, value]: [number, Buffer]): Attribute {
  if (type === attribute.PROTOINFO) return [type | NESTED, withLiberalWindows(value)];
  if (type === attribute.STATUS) return [type, be32(value.readUInt32BE(0) & STATUS_KEPT)];
  return [nested.includes(type) ? type | NESTED : type, value];
}

/** The kernel takes of the flags what their mask says; it tells them without one. */
function withLiberalWindows(protoinfo: Buffer): Buffer {
  const all = attributesOf(protoinfo);
  const tcp = all.get(TCP_INFO);
  if (!tcp) return protoinfo;
  const inner = attributesOf(tcp);
  for (const type of [TCP_FLAGS_ORIGINAL, TCP_FLAGS_REPLY])
    inner.set(type, Buffer.from([(inner.get(type)?.[0] ?? 0) | LIBERAL, 0xff]));
  return encoded([[TCP_INFO | NESTED, encoded([...inner])]]);
}

function tupleOf(bytes: Buffer): Tuple {
  const parts = attributesOf(bytes);
  const ip = attributesOf(parts.get(TUPLE_IP) ?? Buffer.alloc(0));
  const proto = attributesOf(parts.get(TUPLE_PROTO) ?? Buffer.alloc(0));
  const version = ip.has(V4_SRC) ? 4 : 6;
  const address = (type: number) => addressOf(ip.get(type) ?? Buffer.alloc(version === 4 ? 4 : 16));
  const number = (type: number) => {
    const value = proto.get(type);
    return value && (value.length === 2 ? value.readUInt16BE(0) : value[0]);
  };
  return {
    version,
    source: address(version === 4 ? V4_SRC : V6_SRC),
    destination: address(version === 4 ? V4_DST : V6_DST),
    protocol: number(PROTO_NUM) ?? 0,
    first: number(SRC_PORT) ?? number(ICMP_TYPE) ?? number(ICMPV6_TYPE) ?? 0,
    second: number(DST_PORT) ?? number(ICMP_CODE) ?? number(ICMPV6_CODE) ?? 0,
  };
}

/** IPv6 in the canonical form of RFC 5952, which the URL parser makes. */
function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = bytes.toString('hex').match(/..../g)!.join(':');
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}

function attributesOf(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

function encoded(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(
    attributes.flatMap(([type, value]) => {
      const head = Buffer.alloc(4);
      head.writeUInt16LE(4 + value.length, 0);
      head.writeUInt16LE(type, 2);
      return [head, value, Buffer.alloc((4 - (value.length % 4)) % 4)];
    }),
  );
}

function message(type: number, flags: number, family: number, attributes: readonly Attribute[], sequence = 1): Buffer {
  const body = encoded(attributes);
  const head = Buffer.alloc(HEADER);
  head.writeUInt32LE(HEADER + body.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(flags, 6);
  head.writeUInt32LE(sequence, 8);
  head[16] = family;
  return Buffer.concat([head, body]);
}

function be16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
