/** The version of this package: that of the API. */
export const VERSION = "0.1.0";
