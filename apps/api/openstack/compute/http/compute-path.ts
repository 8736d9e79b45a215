/** Path of this face. */
export const computePath = '/compute/v2.1';
