"""Assembly: settings, app, command line, scheduler, AWS clients, database. Imports everything, is imported by nobody."""
