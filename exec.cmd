@rem The script "start" begins with exec, which Windows lacks. Here it just runs the command.
@%*
