"""SageMaker's contract: the program, its folders, its endpoint, and which engine it loads."""
