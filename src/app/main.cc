#include "app/program.h"

int main(int argc, char** argv) { return tickerhouse::app::run_program(argc, argv); }
