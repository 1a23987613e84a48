"""The reader of LaTeX sources: files to tokens, tokens to drafts, drafts to a blueprint."""
