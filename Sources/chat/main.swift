import ChatCLI
