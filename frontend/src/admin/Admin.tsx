import { Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { page } from '../app/page';
import { CardSkeleton } from '../ui/AppSkeleton';
import classes from './Admin.module.css';
import { AdminNav } from './AdminNav';

const People = page(() => import('./people/People'), 'People');
const Person = page(() => import('./people/Person'), 'Person');
const Funnel = page(() => import('./funnel/Funnel'), 'Funnel');
const Audit = page(() => import('./audit/Audit'), 'Audit');
const Mails = page(() => import('./messages/Messages'), 'Mails');
const Webhooks = page(() => import('./messages/Messages'), 'Webhooks');
const Domains = page(() => import('./domains/Domains'), 'Domains');
const Cluster = page(() => import('./cluster/Cluster'), 'Cluster');

/** Everything under `/admin`. */
export function Admin() {
  return (
    <div className={classes.area}>
      <AdminNav />
      <Suspense fallback={<CardSkeleton />}>
        <Routes>
          <Route index element={<Navigate to="people" replace />} />
          <Route path="people" element={<People />} />
          <Route path="people/:id" element={<Person />} />
          <Route path="funnel" element={<Funnel />} />
          <Route path="audit" element={<Audit />} />
          <Route path="mails" element={<Mails />} />
          <Route path="webhooks" element={<Webhooks />} />
          <Route path="domains" element={<Domains />} />
          <Route path="cluster" element={<Cluster />} />
          <Route path="*" element={<Navigate to="/admin/people" replace />} />
        </Routes>
      </Suspense>
    </div>
  );
}
