/** What an operator can do about the services of a systemd guest: the end of every reason that is about one. */
export const REMEDY = "set the server's metadata lxd:migration.stateful=true and restart the instance";
