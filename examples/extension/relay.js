import "valetkey/relay";
