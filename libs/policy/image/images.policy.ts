import { PROJECT, rules } from '../rule.js';

const at = '/image/v2/images';
const member = 'rule:project_member_or_admin';
const admin = 'rule:context_is_admin';
/** `visible`: it is public, or of the community. */
const seen = 'role:reader and (True:%(visible)s or project_id:%(project_id)s) or rule:context_is_admin';

/** Glance API: images. */
export const images = rules({
  get_images: {
    check: 'rule:reader',
    scope: PROJECT,
    description: "List images: the project's and public ones, by asking those of the community too",
    routes: [`GET ${at}`],
  },
  'get_images:all_projects': {
    check: admin,
    scope: PROJECT,
    description: 'List images of all projects, whatever their visibility is',
  },
  get_image: {
    check: seen,
    scope: PROJECT,
    description: 'Show an image',
    routes: [`GET ${at}/{id}`],
  },
  add_image: {
    check: 'rule:project_member',
    scope: PROJECT,
    description: 'Create an image',
    routes: [`POST ${at}`],
  },
  modify_image: {
    check: member,
    scope: PROJECT,
    description: 'Change an image and its tags',
    routes: [`PATCH ${at}/{id}`, `PUT ${at}/{id}/tags/{tag}`, `DELETE ${at}/{id}/tags/{tag}`],
  },
  delete_image: {
    check: member,
    scope: PROJECT,
    description: 'Delete an image',
    routes: [`DELETE ${at}/{id}`],
  },
  publicize_image: {
    check: admin,
    scope: PROJECT,
    description: 'Make an image public',
  },
  communitize_image: {
    check: member,
    scope: PROJECT,
    description: 'Let everybody who knows the id of an image use it',
  },
  upload_image: {
    check: member,
    scope: PROJECT,
    description: "Upload an image's data",
    routes: [`PUT ${at}/{id}/file`],
  },
  download_image: {
    check: seen,
    scope: PROJECT,
    description: "Download an image's data",
    routes: [`GET ${at}/{id}/file`],
  },
  get_members: {
    check: seen,
    scope: PROJECT,
    description: 'List the projects that an image is shared with',
    routes: [`GET ${at}/{id}/members`],
  },
});
