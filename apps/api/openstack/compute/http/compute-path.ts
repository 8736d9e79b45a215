/** Where this face is. */
export const computePath = '/compute/v2.1';
