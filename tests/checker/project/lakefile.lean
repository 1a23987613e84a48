import Lake
open Lake DSL

package book
lean_lib Book
