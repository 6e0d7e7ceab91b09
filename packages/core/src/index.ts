// What core gives to the other packages. Nothing inside core imports this file.
export * from "./bytes/malformed.js";
