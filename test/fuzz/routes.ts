/** The parts of a JSON schema from which bodies are made. */
export interface BodySchema {
  type?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, BodySchema>;
  additionalProperties?: BodySchema;
  items?: BodySchema;
  oneOf?: BodySchema[];
}

export interface Route {
  method: string;
  /** `/compute/v2.1/servers/{id}` */
  path: string;
  body: BodySchema | null;
}

interface Operation {
  requestBody?: { content?: Record<string, { schema?: BodySchema }> };
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

const text: BodySchema = { type: 'string' };
const object = (properties: Record<string, BodySchema>): BodySchema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const image: BodySchema = {
  type: 'object',
  properties: {
    ...{ name: text, visibility: text, disk_format: text, container_format: text, min_disk: { type: 'integer' } },
    ...{ min_ram: { type: 'integer' }, protected: { type: 'boolean' }, tags: { type: 'array', items: text }, id: text },
    ...{ os_distro: text },
  },
};
const user = object({ name: text, password: text, domain: object({ id: text }) });

/** Bodies of which the document says nothing. */
const others: Readonly<Record<string, BodySchema>> = {
  'post /image/v2/images': image,
  'patch /image/v2/images/{id}': { type: 'array', items: object({ op: text, path: text, value: text }) },
  'post /identity/v3/auth/tokens': object({
    auth: object({
      identity: object({ methods: { type: 'array', items: text }, password: object({ user }) }),
      scope: object({ project: object({ name: text, domain: object({ id: text }) }) }),
    }),
  }),
  'put /compute/v2.1/servers/{id}/tags': object({ tags: { type: 'array', items: text } }),
  'post /compute/v2.1/flavors/{id}/action': {
    oneOf: [
      object({ addTenantAccess: object({ tenant: text }) }),
      object({ removeTenantAccess: object({ tenant: text }) }),
    ],
  },
};

/** The routes of an OpenAPI document, in its order. */
export function routesOf(document: object): Route[] {
  const { paths } = document as { paths: Record<string, Partial<Record<(typeof methods)[number], Operation>>> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    methods.flatMap((method) => {
      const operation = operations[method];
      if (!operation) return [];
      const schema = operation.requestBody?.content?.['application/json']?.schema;
      return [{ method: method.toUpperCase(), path, body: schema ?? others[`${method} ${path}`] ?? null }];
    }),
  );
}
