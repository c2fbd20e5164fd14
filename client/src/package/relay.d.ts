/** The script of a relay page: `import "valetkey/relay"`. It passes the result of a sign-in to the page that waits. */
export {};
