/**
 * MAC of the end from which hosts serve a network's guests (DHCP, DNS, metadata): the same in every network and on every
 * host, so that a guest's neighbours hold through a move.
 */
export const SERVICES_MAC = '02:6c:78:a9:fe:fe';
