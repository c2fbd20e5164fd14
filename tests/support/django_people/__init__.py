"""Projects with user models of their own, as people have them: one after another, each in a process that is forked from
one which has imported Django. Run as a module, it prints what happened in each, as JSON."""
