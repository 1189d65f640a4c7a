//! The published packages built for cores without an operating system.

use crate::features::{BARE_METAL, Features, OF_PROFILES};
use crate::step::Step;
use crate::thumb::{self, MACHINES};
use crate::workspace::{LIBRARY, PROFILES};

/// One step per target, package and combination of features.
pub(crate) fn steps() -> Vec<Step> {
    let targets = MACHINES.map(|machine| machine.target);
    let packages = || {
        let library = BARE_METAL.map(|features| ("", LIBRARY, features));
        library.into_iter().chain(OF_PROFILES.map(|features| ("profiles, ", PROFILES, features)))
    };
    let steps = targets.map(|target| {
        packages().map(move |(name, package, features)| {
            let name = format!("bare metal: {target}, {name}{}", features.name());
            step(name, target, package, features)
        })
    });
    steps.into_iter().flatten().collect()
}

fn step(name: String, target: &'static str, package: &'static str, features: Features) -> Step {
    Step::new(name, move |context| {
        let build = thumb::cargo("build", ".", target)?;
        features.select_of(package, build).check(context)
    })
}
