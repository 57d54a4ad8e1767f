/* history_export.h: `gridloop history export`: cases as GeoJSON or CSV, for maps and tables of others. */
#ifndef ENGINE_CLI_HISTORY_EXPORT_H
#define ENGINE_CLI_HISTORY_EXPORT_H

int history_export(int argc, char **argv);

#endif
