/** One of the many hosts of an agent process, as whoever starts the process describes it in a file (JSON, an array). */
export interface SimulatedHost {
  name: string;
  /** A directory of its own. */
  state: string;
  /** Directory for what a real host keeps on a tmpfs. */
  run: string;
  /** host:port of its gRPC server, and of where it takes moves. */
  listen: string;
  dataListen: string;
  vtep: string;
  /** How it joins the cluster where it has no certificate yet. */
  join?: { control: string; tokenFile: string; fingerprint: string; role: string; zone: string };
}
