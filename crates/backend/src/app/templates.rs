//! The shelf of onboarding templates that this instance knows: its own, and those that other instances have stored.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::onboarding::template::{Catalogue, Template, TemplateId, differences, parse};
use crate::domain::onboarding::{Moving, Onboarding, moving};
use crate::store::{Store, StoreError, StoredTemplate};

/// Templates by key and version.
pub struct Shelf {
    own: Catalogue,
    others: RwLock<BTreeMap<TemplateId, Arc<Template>>>,
}

/// Why this instance's templates cannot be used with its database.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// People may have met another template by the same key and version.
    #[error(
        "{file}: {template} asks something else than when it was first used; give it a new version ({differences})"
    )]
    Changed {
        /// The file of this instance.
        file: String,
        /// Which.
        template: TemplateId,
        /// What is different.
        differences: String,
    },
    /// The database did not give or take them.
    #[error("the templates cannot be shared")]
    Store(#[from] StoreError),
}

/// A person's onboarding, and what it asks.
pub struct Way {
    /// The onboarding as it is stored.
    pub stored: Onboarding,
    /// The onboarding as it is to be: the same, or an instance of the current template, one version on.
    pub state: Onboarding,
    /// The known versions of the template that `state` is an instance of, up to that.
    pub lineage: Vec<Arc<Template>>,
    /// What `stored` is an instance of.
    pub before: Arc<Template>,
    /// What `state` is an instance of.
    pub template: Arc<Template>,
}

impl Way {
    /// Whether `state` is another template's instance than what is stored.
    pub fn is_moved(&self) -> bool {
        self.stored.template != self.state.template
    }
}

/// A stored onboarding whose template is nowhere.
#[derive(Debug, thiserror::Error)]
#[error("nobody knows the template {0}")]
struct Lost(TemplateId);

impl Shelf {
    /// With this instance's own templates.
    pub fn new(own: Catalogue) -> Self {
        Self { own, others: RwLock::default() }
    }

    /// The template that new people get.
    pub fn current(&self) -> &Arc<Template> {
        self.own.current()
    }

    /// Reads what others have brought, and keeps what this instance brings.
    pub async fn share(&self, store: &dyn Store) -> Result<(), ShelfError> {
        let stored = store.templates().await?;
        for entry in self.own.entries() {
            let id = &entry.template.id;
            if let Some(kept) = stored.iter().find(|kept| kept.id == *id) {
                check_same(kept, &entry.template, &entry.source.file)?;
            } else {
                let template = StoredTemplate { id: id.clone(), source: entry.source.text.clone() };
                store.keep_template(template, store.now()).await?;
            }
        }
        self.take(stored);
        Ok(())
    }

    /// What an onboarding asks, and whether it is to be moved.
    pub async fn way(&self, store: &dyn Store, stored: Onboarding) -> Result<Way, StoreError> {
        let before = self.find(store, &stored.template).await?;
        let current = self.current();
        let state = match moving(&stored, current) {
            Moving::Stays => None,
            Moving::Adopts => Some(stored.adopting(&before, current)),
            Moving::Moves => self.moved(&stored),
        };
        let state = state.unwrap_or_else(|| stored.clone());
        let lineage = self.lineage(&state.template);
        let template = lineage.last().map_or_else(|| Arc::clone(&before), Arc::clone);
        Ok(Way { stored, state, lineage, before, template })
    }

    /// A template by its id; one that another instance has brought since is fetched.
    pub async fn find(&self, store: &dyn Store, id: &TemplateId) -> Result<Arc<Template>, StoreError> {
        if let Some(template) = self.known(id) {
            return Ok(template);
        }
        self.take(store.templates().await?);
        self.known(id).ok_or_else(|| StoreError::corrupt("template", Lost(id.clone())))
    }

    /// None where a version in between is nowhere.
    fn moved(&self, stored: &Onboarding) -> Option<Onboarding> {
        let mut lineage = self.lineage(&self.current().id);
        let begin = lineage.iter().position(|template| template.id == stored.template);
        let Some(begin) = begin else {
            tracing::warn!(
                from = %stored.template,
                to = %self.current().id,
                "people stay on their template, since a version in between is missing"
            );
            return None;
        };
        Some(stored.moved(&lineage.split_off(begin)))
    }

    /// The known versions up to `id` without a gap, in order.
    fn lineage(&self, id: &TemplateId) -> Vec<Arc<Template>> {
        let mut lineage = Vec::new();
        let mut next = Some(id.clone());
        while let Some(template) = next.and_then(|id| self.known(&id)) {
            next = template.id.before();
            lineage.push(template);
        }
        lineage.reverse();
        lineage
    }

    fn known(&self, id: &TemplateId) -> Option<Arc<Template>> {
        if let Some(entry) = self.own.get(id) {
            return Some(Arc::clone(&entry.template));
        }
        self.others.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn take(&self, stored: Vec<StoredTemplate>) {
        for StoredTemplate { id, source } in stored {
            if self.known(&id).is_some() {
                continue;
            }
            match parse(Path::new("database"), &source) {
                Ok(template) => {
                    let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
                    others.insert(id, Arc::new(template));
                }
                // Of a later version of the program, perhaps.
                Err(problems) => {
                    let problem = problems.first().map(ToString::to_string);
                    tracing::warn!(template = %id, problem, "a stored template cannot be read");
                }
            }
        }
    }
}

fn check_same(kept: &StoredTemplate, template: &Template, file: &Path) -> Result<(), ShelfError> {
    // What cannot be read was another version's.
    let Ok(before) = parse(file, &kept.source) else { return Ok(()) };
    let differences: Vec<String> = differences(&before, template)
        .iter()
        .filter(|difference| !difference.is_wording)
        .map(ToString::to_string)
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    let (file, template) = (file.display().to_string(), template.id.clone());
    Err(ShelfError::Changed { file, template, differences: differences.join("; ") })
}
