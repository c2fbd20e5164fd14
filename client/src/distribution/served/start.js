/** The address of this file says where the backend is, so the module starts at once. */
export const startsLater = false;
