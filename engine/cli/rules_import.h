/* rules_import.h: `gridloop rules import`: a catalogue table to classes and rules. */
#ifndef ENGINE_CLI_RULES_IMPORT_H
#define ENGINE_CLI_RULES_IMPORT_H

int rules_import(int argc, char **argv);

#endif
