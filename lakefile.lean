import Lake

open Lake DSL

/-!
Builds the demo book with an ordinary Lean installation: `lake build`. Blueprover itself does not need
Lake; it compiles the same files with the Lean it brings along.
-/

package arithmetic where
  version := v!"0.1.0"
  description := "Arithmetic from nothing: the natural numbers from the rules of logic and equality"
  license := "Apache-2.0"
  licenseFiles := #["LICENSE"]

@[default_target]
lean_lib Arithmetic where
  srcDir := "lean_project"
  -- Every file is a module of its own: there is no root file that imports them all.
  globs := #[.submodules `Arithmetic]
