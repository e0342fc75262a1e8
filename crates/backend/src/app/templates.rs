//! The shelf of onboarding templates: those of this instance, and those that other instances have stored.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::onboarding::template::{Catalogue, Template, TemplateId, differences, parse};
use crate::domain::onboarding::{Moving, Onboarding, moving};
use crate::store::{Store, StoreError, StoredTemplate};

/// The known templates by key and version.
pub struct Shelf {
    own: Catalogue,
    others: RwLock<BTreeMap<TemplateId, Arc<Template>>>,
}

/// The reason why this instance's templates cannot be used with its database.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The database has another template of the same key and version, which people may have met.
    #[error(
        "{file}: {template} asks something else than when it was first used; give it a new version ({differences})"
    )]
    Changed {
        /// The path of this instance's file.
        file: String,
        /// Key and version.
        template: TemplateId,
        /// The differences, in words.
        differences: String,
    },
    /// The database did not give or take the templates.
    #[error("the templates cannot be shared")]
    Store(#[from] StoreError),
}

/// A person's onboarding with its template.
pub struct Way {
    /// The onboarding as it is stored.
    pub stored: Onboarding,
    /// The onboarding as it is to be: unchanged, or one version higher as an instance of the current template.
    pub state: Onboarding,
    /// The known versions of the template of `state`, up to the one of `state`.
    pub lineage: Vec<Arc<Template>>,
    /// The template of `stored`.
    pub before: Arc<Template>,
    /// The template of `state`.
    pub template: Arc<Template>,
}

impl Way {
    /// Whether `state` belongs to another template than `stored`.
    pub fn is_moved(&self) -> bool {
        self.stored.template != self.state.template
    }
}

/// The template of a stored onboarding is neither in this instance nor in the database.
#[derive(Debug, thiserror::Error)]
#[error("nobody knows the template {0}")]
struct Lost(TemplateId);

impl Shelf {
    /// A shelf with this instance's own templates.
    pub fn new(own: Catalogue) -> Self {
        Self { own, others: RwLock::default() }
    }

    /// The template for new people.
    pub fn current(&self) -> &Arc<Template> {
        self.own.current()
    }

    /// Reads the templates that other instances have stored, and stores the templates of this instance.
    ///
    /// # Errors
    ///
    /// A [`ShelfError`] by cause.
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

    /// The onboarding `stored` with its template, moved to the current template where that is due.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] where the template is nowhere, or the database does not answer.
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

    /// The template `id`. A template that another instance has stored since is read from the database.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] where the template is nowhere, or the database does not answer.
    pub async fn find(&self, store: &dyn Store, id: &TemplateId) -> Result<Arc<Template>, StoreError> {
        if let Some(template) = self.known(id) {
            return Ok(template);
        }
        self.take(store.templates().await?);
        self.known(id).ok_or_else(|| StoreError::corrupt("template", Lost(id.clone())))
    }

    /// The onboarding as an instance of the current template; none where a version in between is nowhere.
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

    /// The known versions up to `id`, in order and without a gap.
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
