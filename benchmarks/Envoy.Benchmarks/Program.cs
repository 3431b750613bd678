using BenchmarkDotNet.Running;

// Without arguments it asks; README.md in the folder above says what there is.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
