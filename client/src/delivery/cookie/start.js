// A page that is not on the web receives no cookie.

export const startByPage = false;
