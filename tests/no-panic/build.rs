//! Without an operating system nobody calls `main`: it is named to the linker as what to keep.

fn main() {
    let os = std::env::var("CARGO_CFG_TARGET_OS").expect("cargo sets the target's system");
    if os == "none" {
        println!("cargo:rustc-link-arg-bins=--entry=main");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
