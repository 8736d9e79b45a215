import { json, plain } from './answer.js';
import type { Answer } from './answer.js';
import type { Guest } from './guest.js';
import { networkData } from './network-data.js';

/** Nova's versions of the metadata, each named by its date. */
const dates = [
  ...['2012-08-10', '2013-04-04', '2013-10-17', '2015-10-15', '2016-06-30', '2016-10-06'],
  ...['2017-02-22', '2018-08-27', '2020-10-14'],
];
/** What the first level of `/openstack` lists. */
export const openstackVersions = [...dates, 'latest'];

const since = { randomSeed: '2013-04-04', vendorData: '2013-10-17', project: '2015-10-15', networkData: '2015-10-15' };
const sinceLater = { devices: '2016-06-30', vendorData2: '2016-10-06', dedicatedCpus: '2020-10-14' };

/** Nova API: metadata: /openstack/VERSION/… `path` begins with the version. */
export function openstackAnswer(guest: Guest, path: readonly string[], randomSeed: () => string): Answer | undefined {
  const [version = '', file, ...more] = path;
  if (!openstackVersions.includes(version) || more.length) return undefined;
  const has = (date: string) => version >= date; // 'latest' sorts behind every date
  const files: Record<string, () => Answer> = {
    'meta_data.json': () => json(metaData(guest, version, randomSeed)),
    ...(guest.data.userData && { user_data: () => plain(Buffer.from(guest.data.userData, 'base64')) }),
    ...(has(since.vendorData) && { 'vendor_data.json': () => json({}) }),
    ...(has(since.networkData) && { 'network_data.json': () => json(networkData(guest.spec)) }),
    ...(has(sinceLater.vendorData2) && { 'vendor_data2.json': () => json({}) }),
  };
  if (file === undefined) return plain(Object.keys(files));
  return Object.hasOwn(files, file) ? files[file]!() : undefined;
}

/** Nova API: meta_data.json of a version. */
function metaData({ spec, data, changing }: Guest, version: string, randomSeed: () => string) {
  const { keyName, keyType, publicKey } = data;
  return {
    uuid: spec.id,
    name: changing.name,
    hostname: changing.hostname,
    launch_index: 0,
    availability_zone: changing.availabilityZone,
    ...(Object.keys(changing.metadata).length && { meta: changing.metadata }),
    ...(keyName && {
      public_keys: { [keyName]: publicKey },
      keys: [{ name: keyName, type: keyType, data: publicKey }],
    }),
    ...(version >= since.randomSeed && { random_seed: randomSeed() }),
    ...(version >= since.project && { project_id: spec.projectId }),
    ...(version >= sinceLater.devices && { devices: [] }),
    ...(version >= sinceLater.dedicatedCpus && { dedicated_cpus: [] }),
  };
}
