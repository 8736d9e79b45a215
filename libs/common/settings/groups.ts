import { hostname } from 'node:os';
import { decimal, flag, oneOf, optionalText, text, whole } from './field.js';

const DAY = 86_400;
const YEAR_DAYS = 365;
/** The longest time, in seconds, that setTimeout can wait. */
const LONGEST_TIMER = 2_147_483;
const GIB = 2 ** 30;
const seconds = (name: string, fallback: number, most = DAY) => whole(name, 'seconds', 1, most, fallback);
const days = (name: string, fallback: number) => whole(name, 'days', 0, 36_500, fallback);

/** Every setting, in groups that are read together. A secret is never a setting: the setting names its file. */
export const GROUPS = {
  log: { level: oneOf('LXSTACK_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info') },
  debug: { faultPoints: optionalText('LXSTACK_FAULT_POINTS', 'a directory') },
  database: {
    /** `?sslmode=` as libpq has it: disable, require, verify-ca, verify-full. */
    url: text('LXSTACK_DATABASE_URL', 'postgres://user:password@host:port/database?sslmode=…'),
    poolSize: whole('LXSTACK_DATABASE_POOL', 'connections', 1, 1_000, 20),
    /** PEM; used where the URL has no `sslrootcert`. */
    caFile: optionalText('LXSTACK_DATABASE_CA_FILE', 'a file of certificates in PEM'),
  },
  redis: {
    url: text('LXSTACK_REDIS_URL', 'redis://host:port/number, rediss:// for TLS, or the path of a socket'),
    caFile: optionalText('LXSTACK_REDIS_CA_FILE', 'a file of certificates in PEM'),
  },
  pki: { directory: text('LXSTACK_PKI_DIR', 'a directory with ca.crt, tls.crt and tls.key') },
  blobs: {
    directory: text('LXSTACK_BLOB_DIR', 'a directory that all api processes share'),
    maxBytes: whole('LXSTACK_IMAGE_MAX_BYTES', 'bytes', 1, Number.MAX_SAFE_INTEGER, 64 * GIB),
  },
  api: {
    listen: text('LXSTACK_API_LISTEN', 'host:port or fd:N'),
    adminPasswordFile: text('LXSTACK_ADMIN_PASSWORD_FILE', 'a file with the password of the first admin'),
    housekeepingMs: whole('LXSTACK_HOUSEKEEPING_MS', 'milliseconds', 10, DAY * 1000, 60_000),
  },
  policy: { file: optionalText('LXSTACK_POLICY_FILE', 'a YAML file of rules and their checks') },
  publicUrl: { url: text('LXSTACK_PUBLIC_URL', 'the URL at which clients reach the API', 'http://127.0.0.1') },
  metrics: {
    /** Where neither of the two is set, `/metrics` is off. */
    listen: optionalText('LXSTACK_METRICS_LISTEN', 'host:port of a listener of its own'),
    tokenFile: optionalText('LXSTACK_METRICS_TOKEN_FILE', 'a file with the bearer token for /metrics'),
  },
  control: {
    listen: text('LXSTACK_CONTROL_LISTEN', 'host:port for agents'),
    enrolListen: text('LXSTACK_ENROL_LISTEN', 'host:port for hosts that join'),
  },
  certificates: {
    lifeSeconds: seconds('LXSTACK_CERTIFICATE_SECONDS', YEAR_DAYS * DAY, 10 * YEAR_DAYS * DAY),
  },
  login: {
    /** Failures per user, and per address, within `windowSeconds`, after which the next attempt is refused. */
    userAttempts: whole('LXSTACK_LOGIN_USER_ATTEMPTS', 'failed logins', 1, 1_000_000, 10),
    addressAttempts: whole('LXSTACK_LOGIN_ADDRESS_ATTEMPTS', 'failed logins', 1, 1_000_000, 50),
    windowSeconds: seconds('LXSTACK_LOGIN_WINDOW_SECONDS', 60),
    /** Keystone: lockout_failure_attempts, lockout_duration; 0 attempts: no lock-outs. */
    lockoutAttempts: whole('LXSTACK_LOCKOUT_FAILURE_ATTEMPTS', 'failed logins', 0, 1_000_000, 0),
    lockoutSeconds: seconds('LXSTACK_LOCKOUT_DURATION', 1_800),
    /** Passwords that are hashed at the same time, and those that may wait for their turn. */
    concurrency: whole('LXSTACK_LOGIN_CONCURRENCY', 'passwords', 1, 64, 2),
    queue: whole('LXSTACK_LOGIN_QUEUE', 'logins', 1, 10_000, 64),
    trustedProxies: optionalText('LXSTACK_TRUSTED_PROXIES', 'addresses or networks, with commas between'),
  },
  events: { bufferBytes: whole('LXSTACK_EVENTS_BUFFER_BYTES', 'bytes', 1_024, GIB, 2 ** 20) },
  /** Days after which what has ended is removed; 0: never. */
  retention: {
    operationDays: days('LXSTACK_KEEP_OPERATIONS_DAYS', 30),
    migrationDays: days('LXSTACK_KEEP_MIGRATIONS_DAYS', 90),
    instanceDays: days('LXSTACK_KEEP_DELETED_INSTANCES_DAYS', 90),
  },
  operations: {
    leaseMs: whole('LXSTACK_OPERATION_LEASE_MS', 'milliseconds', 100, DAY * 1000, 10_000),
    sweepMs: whole('LXSTACK_SWEEP_MS', 'milliseconds', 10, DAY * 1000, 1_000),
  },
  fencing: {
    freezeSeconds: seconds('LXSTACK_FENCE_FREEZE_SECONDS', 15),
    stopSeconds: seconds('LXSTACK_FENCE_STOP_SECONDS', 30),
    marginSeconds: seconds('LXSTACK_FENCE_MARGIN_SECONDS', 10),
    autoEvacuate: flag('LXSTACK_AUTO_EVACUATE'),
  },
  moves: {
    resizeToSameHost: flag('LXSTACK_ALLOW_RESIZE_TO_SAME_HOST'),
    /** Seconds after which a resize is confirmed by itself; 0: never. */
    confirmWindowSeconds: decimal('LXSTACK_RESIZE_CONFIRM_WINDOW', 'seconds', 0, LONGEST_TIMER, 0),
    /** Bytes per second; 0: no cap. */
    bandwidth: decimal('LXSTACK_MIGRATION_BANDWIDTH', 'bytes per second', 0, Number.MAX_SAFE_INTEGER, 0),
    precheckSeconds: decimal('LXSTACK_MOVE_PRECHECK_SECONDS', 'seconds', 0, LONGEST_TIMER, 60),
    prepareSeconds: decimal('LXSTACK_MOVE_PREPARE_SECONDS', 'seconds', 0, LONGEST_TIMER, 900),
    stopSeconds: decimal('LXSTACK_MOVE_STOP_SECONDS', 'seconds', 0, LONGEST_TIMER, 180),
    transferSeconds: decimal('LXSTACK_MOVE_TRANSFER_SECONDS', 'seconds', 0, LONGEST_TIMER, 6 * 3_600),
    switchSeconds: decimal('LXSTACK_MOVE_SWITCH_SECONDS', 'seconds', 0, LONGEST_TIMER, 20),
  },
  agentState: { directory: text('LXSTACK_AGENT_STATE', 'a directory', '/var/lib/lxstack-agent') },
  agent: {
    name: text('LXSTACK_AGENT_NAME', 'a host name', hostname()),
    role: oneOf('LXSTACK_AGENT_ROLE', ['compute', 'network'], 'compute'),
    runtime: oneOf('LXSTACK_AGENT_RUNTIME', ['lxc', 'simulated'], 'lxc'),
    /** Directory on a tmpfs, for images of moves and FIFOs. */
    run: text('LXSTACK_AGENT_RUN', 'a directory', '/run/lxstack'),
    listen: text('LXSTACK_AGENT_LISTEN', 'host:port'),
    dataListen: text('LXSTACK_AGENT_DATA_LISTEN', 'host:port'),
    vtep: text('LXSTACK_AGENT_VTEP', 'an address'),
    control: text('LXSTACK_CONTROL_ADDRESS', 'host:port of the control plane'),
    cgroup: text('LXSTACK_AGENT_CGROUP', 'a directory below each cgroup hierarchy', 'lxstack'),
    storage: text('LXSTACK_AGENT_STORAGE', 'auto, btrfs, overlay, dir or shared', 'auto'),
    /** With `shared`: a directory that all hosts of the pool mount. */
    sharedStorage: text('LXSTACK_AGENT_SHARED_STORAGE', 'a directory', '/var/lib/lxstack-shared'),
    /** How long a guest may keep an address without asking again (Neutron: dhcp_lease_duration). */
    dhcpLeaseSeconds: whole('LXSTACK_AGENT_DHCP_LEASE_SECONDS', 'seconds', 120, 4_294_967_294, 86_400),
    /** Whether instances whose root is the host's root may run on this host. */
    privileged: flag('LXSTACK_AGENT_PRIVILEGED'),
  },
  renewal: {
    /** Fraction of its certificate's life after which the agent asks for the next one. */
    fraction: decimal('LXSTACK_AGENT_RENEW_AT', 'a fraction of the life of a certificate', 0.01, 0.99, 2 / 3),
  },
  unpacking: {
    maxBytes: whole('LXSTACK_AGENT_UNPACK_MAX_BYTES', 'bytes', 1, Number.MAX_SAFE_INTEGER, 256 * GIB),
    maxEntries: whole('LXSTACK_AGENT_UNPACK_MAX_ENTRIES', 'files', 1, 1_000_000_000, 5_000_000),
    /** Unpacked bytes allowed for each byte of the image; small images may become larger than that. */
    maxRatio: decimal('LXSTACK_AGENT_UNPACK_MAX_RATIO', 'times the size of the image', 1, 1_000_000, 100),
  },
} as const;
