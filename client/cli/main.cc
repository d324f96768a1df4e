#include "client/cli/command.h"

int main(int argc, char** argv) { return levee::cli::RunTool(argc, argv); }
