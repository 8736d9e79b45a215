/**
 * One of the many hosts of a simulating agent process. Whoever starts the process lists them in a file (JSON, an
 * array).
 */
export interface SimulatedHost {
  name: string;
  /** State directory of this host alone. */
  state: string;
  /** Directory for what a real host keeps on a tmpfs. */
  run: string;
  /** host:port of its gRPC server, and of its server for moves. */
  listen: string;
  dataListen: string;
  vtep: string;
  /** How the host joins the cluster where it has no certificate yet. */
  join?: { control: string; tokenFile: string; fingerprint: string; role: string; zone: string };
}
